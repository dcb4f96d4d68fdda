#pragma once

// Linux system calls that Swift's Glibc lacks or hides behind macros, variadic functions or
// per-process emulation. Every function returns what the kernel returns: a value of 0 or more, or
// a negative errno.

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Flags as the kernel's ABI has them (the same on all architectures unless noted).
enum {
  CLINUX_O_NOATIME = 01000000,
#if defined(__aarch64__) || defined(__arm__)
  CLINUX_O_DIRECT = 0200000,
#else
  CLINUX_O_DIRECT = 040000,
#endif
  CLINUX_O_PATH = 010000000,

  CLINUX_AT_FDCWD = -100,
  CLINUX_AT_SYMLINK_NOFOLLOW = 0x100,
  CLINUX_AT_EACCESS = 0x200,
  CLINUX_AT_NO_AUTOMOUNT = 0x800,
  CLINUX_AT_EMPTY_PATH = 0x1000,

  CLINUX_STATX_BASIC_STATS = 0x7ff,
  CLINUX_STATX_BTIME = 0x800,
  CLINUX_STATX_MNT_ID = 0x1000,

  CLINUX_RESOLVE_NO_XDEV = 0x01,
  CLINUX_RESOLVE_NO_MAGICLINKS = 0x02,
  CLINUX_RESOLVE_NO_SYMLINKS = 0x04,
  CLINUX_RESOLVE_BENEATH = 0x08,

  CLINUX_RWF_NOWAIT = 0x08,

  CLINUX_CAP_DAC_READ_SEARCH = 2,
  CLINUX_CAP_SETGID = 6,
  CLINUX_CAP_SETUID = 7,

  CLINUX_HANDLE_LIMIT_BYTES = 128,
};

// struct statx (linux/stat.h): 256 bytes.
struct clinux_time {
  int64_t seconds;
  uint32_t nanoseconds;
  int32_t reserved;
};

struct clinux_statx {
  uint32_t mask;
  uint32_t blksize;
  uint64_t attributes;
  uint32_t nlink;
  uint32_t uid;
  uint32_t gid;
  uint16_t mode;
  uint16_t reserved0;
  uint64_t ino;
  uint64_t size;
  uint64_t blocks;
  uint64_t attributes_mask;
  struct clinux_time atime;
  struct clinux_time btime;
  struct clinux_time ctime;
  struct clinux_time mtime;
  uint32_t rdev_major;
  uint32_t rdev_minor;
  uint32_t dev_major;
  uint32_t dev_minor;
  uint64_t mnt_id;
  uint64_t reserved1[13];
};

_Static_assert(sizeof(struct clinux_statx) == 256, "struct statx");

static inline long clinux_result(long value) { return value < 0 ? -(long)errno : value; }

// statx(2). `path` may be empty with AT_EMPTY_PATH.
static inline int clinux_statx(
    int dirfd, const char *path, int flags, uint32_t mask, struct clinux_statx *out) {
  return (int)clinux_result(syscall(SYS_statx, dirfd, path, flags, mask, out));
}

// struct file_handle (linux/fcntl.h) with room for the longest one.
struct clinux_handle {
  uint32_t bytes;
  int32_t type;
  uint8_t data[CLINUX_HANDLE_LIMIT_BYTES];
};

// name_to_handle_at(2). `handle->bytes` is the room on entry and the length on return.
static inline int clinux_name_to_handle(
    int dirfd, const char *path, struct clinux_handle *handle, int *mountID, int flags) {
  return (int)clinux_result(
      syscall(SYS_name_to_handle_at, dirfd, path, handle, mountID, flags));
}

// open_by_handle_at(2): a descriptor.
static inline int clinux_open_by_handle(int mountfd, struct clinux_handle *handle, int flags) {
  return (int)clinux_result(syscall(SYS_open_by_handle_at, mountfd, handle, flags));
}

// openat(2) without the variadic mode: never with O_CREAT or O_TMPFILE.
static inline int clinux_openat(int dirfd, const char *path, int flags) {
  return (int)clinux_result(syscall(SYS_openat, dirfd, path, flags, 0));
}

// openat2(2), linux 5.6 and newer: a descriptor.
static inline int clinux_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve) {
  struct {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
  } how = {flags, 0, resolve};
#ifdef SYS_openat2
  return (int)clinux_result(syscall(SYS_openat2, dirfd, path, &how, sizeof how));
#else
  return (int)clinux_result(syscall(437, dirfd, path, &how, sizeof how));
#endif
}

// faccessat2(2), linux 5.8 and newer.
static inline int clinux_faccessat2(int dirfd, const char *path, int mode, int flags) {
#ifdef SYS_faccessat2
  return (int)clinux_result(syscall(SYS_faccessat2, dirfd, path, mode, flags));
#else
  return (int)clinux_result(syscall(439, dirfd, path, mode, flags));
#endif
}

// getdents64(2): bytes filled, 0 at the end of the directory.
static inline long clinux_getdents(int fd, void *buffer, size_t bytes) {
  return clinux_result(syscall(SYS_getdents64, fd, buffer, bytes));
}

// One record of getdents64: its fields lie at fixed places before the name.
enum {
  CLINUX_DIRENT_INO = 0,
  CLINUX_DIRENT_OFF = 8,
  CLINUX_DIRENT_RECLEN = 16,
  CLINUX_DIRENT_TYPE = 18,
  CLINUX_DIRENT_NAME = 19,
};

// The calling thread's identity for file systems. Glibc's setgroups changes all threads; these
// change one. The kernel reports no error for setfsuid and setfsgid but answers with the old
// identity: call again with -1 to see what is in force.
#if defined(SYS_setfsuid32)
static inline uint32_t clinux_setfsuid(uint32_t uid) {
  return (uint32_t)syscall(SYS_setfsuid32, uid);
}
static inline uint32_t clinux_setfsgid(uint32_t gid) {
  return (uint32_t)syscall(SYS_setfsgid32, gid);
}
static inline int clinux_setgroups(size_t count, const uint32_t *groups) {
  return (int)clinux_result(syscall(SYS_setgroups32, count, groups));
}
static inline int clinux_getgroups(int room, uint32_t *groups) {
  return (int)clinux_result(syscall(SYS_getgroups32, room, groups));
}
#else
static inline uint32_t clinux_setfsuid(uint32_t uid) {
  return (uint32_t)syscall(SYS_setfsuid, uid);
}
static inline uint32_t clinux_setfsgid(uint32_t gid) {
  return (uint32_t)syscall(SYS_setfsgid, gid);
}
static inline int clinux_setgroups(size_t count, const uint32_t *groups) {
  return (int)clinux_result(syscall(SYS_setgroups, count, groups));
}
static inline int clinux_getgroups(int room, uint32_t *groups) {
  return (int)clinux_result(syscall(SYS_getgroups, room, groups));
}
#endif

// The calling thread's effective capabilities (capget(2), version 3), as a bit set.
static inline uint64_t clinux_effective_capabilities(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective;
    uint32_t permitted;
    uint32_t inheritable;
  } data[2];
  memset(data, 0, sizeof data);
  if (syscall(SYS_capget, &header, data) < 0) return 0;
  return (uint64_t)data[1].effective << 32 | data[0].effective;
}

// pread64(2).
static inline long clinux_pread(int fd, void *buffer, size_t bytes, int64_t offset) {
#if __SIZEOF_POINTER__ == 8
  return clinux_result(syscall(SYS_pread64, fd, buffer, bytes, offset));
#else
  return clinux_result(pread(fd, buffer, bytes, offset));
#endif
}

// preadv2(2) with one vector and RWF_NOWAIT: -EAGAIN where it would wait for the disk.
static inline long clinux_pread_nowait(int fd, void *buffer, size_t bytes, int64_t offset) {
  struct {
    void *base;
    size_t length;
  } vector = {buffer, bytes};
  return clinux_result(syscall(
      SYS_preadv2, fd, &vector, 1, (unsigned long)offset,
      (unsigned long)((uint64_t)offset >> 32 >> (sizeof(long) == 8 ? 32 : 0)),
      CLINUX_RWF_NOWAIT));
}

// prctl(2) with PR_SET_PDEATHSIG: this process is sent the signal when the thread that started it
// ends.
static inline long clinux_die_with_parent(int signal) {
  return clinux_result(syscall(SYS_prctl, 1, (unsigned long)signal, 0ul, 0ul, 0ul));
}

// pipe2(2): the reading end and the writing end, both with the flags.
static inline long clinux_pipe2(int *ends, int flags) {
  return clinux_result(syscall(SYS_pipe2, ends, flags));
}

// readlinkat(2): bytes filled, without a terminating NUL.
static inline long clinux_readlinkat(int dirfd, const char *path, void *buffer, size_t bytes) {
  return clinux_result(syscall(SYS_readlinkat, dirfd, path, buffer, bytes));
}

// What fstatfs(2) tells about a file system.
struct clinux_statfs {
  uint64_t type;
  uint64_t block_bytes;
  uint64_t blocks;
  uint64_t blocks_free;
  uint64_t blocks_available;
  uint64_t files;
  uint64_t files_free;
  uint64_t name_limit_bytes;
};

// fstatfs(2), on O_PATH descriptors too.
static inline int clinux_fstatfs(int fd, struct clinux_statfs *out) {
  struct statfs s;
  if (fstatfs(fd, &s) < 0) return -errno;
  out->type = (uint32_t)s.f_type;
  out->block_bytes = s.f_frsize ? (uint64_t)s.f_frsize : (uint64_t)s.f_bsize;
  out->blocks = s.f_blocks;
  out->blocks_free = s.f_bfree;
  out->blocks_available = s.f_bavail;
  out->files = s.f_files;
  out->files_free = s.f_ffree;
  out->name_limit_bytes = (uint64_t)s.f_namelen;
  return 0;
}

#include "CLinuxChanges.h"

// Lets malloc take blocks below large_bytes from memory that was freed before, and keep up to
// kept_bytes of freed memory (of each of its arenas, at the end): by default every buffer of a block
// costs a system call and a page fault for each of its pages.
void clinux_keep_freed_memory(size_t large_bytes, size_t kept_bytes);

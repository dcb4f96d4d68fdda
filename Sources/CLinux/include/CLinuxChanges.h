#pragma once

// System calls that change files. Included by CLinux.h, in whose manner results are reported.
// The single-name calls follow no link at the name.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>

enum {
  CLINUX_AT_REMOVEDIR = 0x200,
  CLINUX_AT_SYMLINK_FOLLOW = 0x400,

  CLINUX_RWF_SYNC = 0x04,

  CLINUX_SEEK_DATA = 3,
  CLINUX_SEEK_HOLE = 4,

  CLINUX_FALLOC_FL_KEEP_SIZE = 0x01,
  CLINUX_FALLOC_FL_PUNCH_HOLE = 0x02,

  CLINUX_XATTR_CREATE = 1,
  CLINUX_XATTR_REPLACE = 2,

  CLINUX_CAP_CHOWN = 0,
  CLINUX_CAP_SYS_RESOURCE = 24,
};

// O_TMPFILE: it holds O_DIRECTORY, whose value differs between architectures.
static inline int clinux_tmpfile_flag(void) { return 020000000 | O_DIRECTORY; }

// openat(2) that creates.
static inline int clinux_openat_mode(int dirfd, const char *path, int flags, uint32_t mode) {
  return (int)clinux_result(syscall(SYS_openat, dirfd, path, flags, mode));
}

static inline int clinux_mkdirat(int dirfd, const char *name, uint32_t mode) {
  return (int)clinux_result(mkdirat(dirfd, name, mode));
}

static inline int clinux_mknodat(
    int dirfd, const char *name, uint32_t mode, uint32_t major, uint32_t minor) {
  return (int)clinux_result(mknodat(dirfd, name, mode, makedev(major, minor)));
}

static inline int clinux_symlinkat(const char *text, int dirfd, const char *name) {
  return (int)clinux_result(symlinkat(text, dirfd, name));
}

static inline int clinux_linkat(
    int olddirfd, const char *oldpath, int newdirfd, const char *newname, int flags) {
  return (int)clinux_result(linkat(olddirfd, oldpath, newdirfd, newname, flags));
}

static inline int clinux_unlinkat(int dirfd, const char *name, int flags) {
  return (int)clinux_result(unlinkat(dirfd, name, flags));
}

static inline int clinux_renameat(
    int olddirfd, const char *oldname, int newdirfd, const char *newname) {
  return (int)clinux_result(
      syscall(SYS_renameat2, olddirfd, oldname, newdirfd, newname, 0));
}

// fchownat(2) of the object behind a descriptor, also an O_PATH one. -1 leaves an id as it is.
static inline int clinux_chown(int fd, uint32_t uid, uint32_t gid) {
  return (int)clinux_result(fchownat(fd, "", uid, gid, CLINUX_AT_EMPTY_PATH));
}

// chmod(2) of a path, followed to its end.
static inline int clinux_chmodat(int dirfd, const char *path, uint32_t mode) {
  return (int)clinux_result(fchmodat(dirfd, path, mode, 0));
}

static inline int clinux_fchmod(int fd, uint32_t mode) {
  return (int)clinux_result(fchmod(fd, mode));
}

// How utimensat(2) takes a time.
enum {
  CLINUX_UTIME_NOW = (1 << 30) - 1,
  CLINUX_UTIME_OMIT = (1 << 30) - 2,
};

// utimensat(2) of the object behind a descriptor, also an O_PATH one (linux 5.8 and newer).
static inline int clinux_utimens(
    int fd, int64_t atime, uint32_t atimeNanoseconds, int64_t mtime, uint32_t mtimeNanoseconds) {
  struct timespec times[2] = {
      {.tv_sec = (time_t)atime, .tv_nsec = atimeNanoseconds},
      {.tv_sec = (time_t)mtime, .tv_nsec = mtimeNanoseconds}};
  return (int)clinux_result(syscall(SYS_utimensat, fd, "", times, CLINUX_AT_EMPTY_PATH));
}

static inline int clinux_ftruncate(int fd, int64_t size) {
  return (int)clinux_result(ftruncate(fd, size));
}

// pwritev2(2) with one vector.
static inline long clinux_pwrite(
    int fd, const void *buffer, size_t bytes, int64_t offset, int flags) {
  struct {
    const void *base;
    size_t length;
  } vector = {buffer, bytes};
  return clinux_result(syscall(
      SYS_pwritev2, fd, &vector, 1, (unsigned long)offset,
      (unsigned long)((uint64_t)offset >> 32 >> (sizeof(long) == 8 ? 32 : 0)), flags));
}

static inline int clinux_fsync(int fd) { return (int)clinux_result(fsync(fd)); }

static inline int64_t clinux_seek(int fd, int64_t offset, int whence) {
  int64_t result = lseek(fd, offset, whence);
  return result < 0 ? -(int64_t)errno : result;
}

static inline int clinux_fallocate(int fd, int mode, int64_t offset, int64_t bytes) {
#if __SIZEOF_POINTER__ == 8
  return (int)clinux_result(syscall(SYS_fallocate, fd, mode, offset, bytes));
#else
  return -EOPNOTSUPP;
#endif
}

// copy_file_range(2): bytes copied.
static inline long clinux_copy_range(
    int source, int64_t sourceOffset, int target, int64_t targetOffset, size_t bytes) {
  return clinux_result(
      syscall(SYS_copy_file_range, source, &sourceOffset, target, &targetOffset, bytes, 0));
}

// ioctl(FICLONERANGE).
static inline int clinux_clone_range(
    int source, uint64_t sourceOffset, uint64_t bytes, int target, uint64_t targetOffset) {
  struct {
    int64_t source;
    uint64_t sourceOffset;
    uint64_t bytes;
    uint64_t targetOffset;
  } range = {source, sourceOffset, bytes, targetOffset};
  return (int)clinux_result(ioctl(target, _IOW(0x94, 13, range), &range));
}

// A byte-range lock of an open file description (F_OFD_SETLK, F_OFD_GETLK).
struct clinux_lock {
  int64_t start;
  // 0: to the end.
  int64_t bytes;
  // F_RDLCK, F_WRLCK or F_UNLCK.
  int16_t type;
  // -1 for a lock of an open file description.
  int32_t pid;
};

static inline int clinux_lock_command(int fd, int command, struct clinux_lock *lock) {
  struct flock l = {
      .l_type = lock->type, .l_whence = SEEK_SET, .l_start = lock->start, .l_len = lock->bytes};
  int result = (int)clinux_result(fcntl(fd, command, &l));
  lock->type = l.l_type;
  lock->start = l.l_start;
  lock->bytes = l.l_len;
  lock->pid = l.l_pid;
  return result;
}

// F_OFD_SETLK: never waits.
static inline int clinux_set_lock(int fd, struct clinux_lock *lock) {
  return clinux_lock_command(fd, 37, lock);
}

// F_OFD_GETLK: `lock->type` is F_UNLCK if nothing is in the way.
static inline int clinux_get_lock(int fd, struct clinux_lock *lock) {
  return clinux_lock_command(fd, 36, lock);
}

// Extended attributes by path, links followed: for /proc/self/fd/N.
static inline long clinux_getxattr(
    const char *path, const char *name, void *value, size_t bytes) {
  return clinux_result(getxattr(path, name, value, bytes));
}

static inline int clinux_setxattr(
    const char *path, const char *name, const void *value, size_t bytes, int flags) {
  return (int)clinux_result(setxattr(path, name, value, bytes, flags));
}

static inline long clinux_listxattr(const char *path, char *list, size_t bytes) {
  return clinux_result(listxattr(path, list, bytes));
}

static inline int clinux_removexattr(const char *path, const char *name) {
  return (int)clinux_result(removexattr(path, name));
}

// Takes CAP_SYS_RESOURCE from the calling thread's effective capabilities, once a thread: with it,
// whoever the thread acts as may use the blocks that a file system reserves for the superuser.
void clinux_forgo_reserves(void);

#include "CLinux.h"

#include <malloc.h>

void clinux_keep_freed_memory(size_t large_bytes, size_t kept_bytes) {
  mallopt(M_MMAP_THRESHOLD, (int)large_bytes);
  mallopt(M_TRIM_THRESHOLD, (int)kept_bytes);
}

void clinux_forgo_reserves(void) {
  static __thread int isForgone;
  if (isForgone) return;
  isForgone = 1;
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
  if (syscall(SYS_capget, &header, data) < 0) return;
  data[0].effective &= ~((uint32_t)1 << CLINUX_CAP_SYS_RESOURCE);
  (void)syscall(SYS_capset, &header, data);
}

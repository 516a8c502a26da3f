/* <errno.h>, with Linux's numbers. */
#ifndef AR_ERRNO_H
#define AR_ERRNO_H
#ifdef __cplusplus
extern "C" {
#endif
extern int errno;
#ifdef __cplusplus
}
#endif

#define EPERM 1
#define EINTR 4
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EINVAL 22
#define ERANGE 34
#define ENOSYS 38
#define EOVERFLOW 75
#endif

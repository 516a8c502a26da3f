/* <sys/types.h> */
#ifndef AR_SYS_TYPES_H
#define AR_SYS_TYPES_H
#include <stddef.h>

typedef __PTRDIFF_TYPE__ ssize_t;
typedef long long off_t;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
#endif

/* <sys/param.h> */
#ifndef AR_SYS_PARAM_H
#define AR_SYS_PARAM_H
#include <limits.h>

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#endif

/* <strings.h> */
#ifndef AR_STRINGS_H
#define AR_STRINGS_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

int ffs(int);
int ffsl(long);
int ffsll(long long);
void bzero(void *, size_t);

#ifdef __cplusplus
}
#endif
#endif

#include <xen-pack.h>
#include <xen/xmalloc.h>

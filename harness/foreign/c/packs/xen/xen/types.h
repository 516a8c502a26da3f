#include <xen-pack.h>

#include <zephyr-pack.h>

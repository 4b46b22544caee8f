/* Which application starts: by otadata, as ESP-IDF's bootloader without rollback decides. */
#ifndef SLOT_H
#define SLOT_H

#include <stdbool.h>

#include "partitions.h"

/* False: the table has no partition for an application. */
bool find_application(struct partition *slot);

#endif

/* An application image: header, segments, checksum, SHA-256. It is read into SRAM as a whole,
 * checked there, and only then loaded to where it runs. */
#ifndef IMAGE_H
#define IMAGE_H

#include "partitions.h"

typedef void image_entry(void);

/* NULL: `problem` says why it cannot start. */
image_entry *image_load(const struct partition *slot, const char **problem);

#endif

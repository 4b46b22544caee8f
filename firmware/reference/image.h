/* An application image: header, segments, checksum, SHA-256. It is read into SRAM as a whole,
 * checked there, and only then loaded to where it runs. */
#ifndef IMAGE_H
#define IMAGE_H

#include "partitions.h"

typedef void image_entry(void);

/* NULL: it cannot start; `problem` says why, as the end of a line that begins with its place. */
image_entry *image_load(const struct partition *slot, const char **problem);

#endif

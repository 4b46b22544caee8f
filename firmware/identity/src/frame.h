/* How lines between station and device are protected on a noisy console: a prefix that says where
 * the text begins, and the CRC-32 of the text behind it, as 8 hex digits after a blank. */
#ifndef BURNER_FRAME_H
#define BURNER_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* What stands between the last `prefix` of a line and its CRC; false where there is no such prefix,
 * or the CRC is wrong. Whatever stands before the prefix was noise. */
bool burner_frame_find(const char *line, size_t size, const char *prefix, const char **content,
                       size_t *length);

/* Ends a reply by the CRC-32 of its text, and makes it a line of its own: the text begins by CR
 * and LF. */
void burner_frame_end(struct burner_text *text);

#endif

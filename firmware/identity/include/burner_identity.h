/* The identity of a device: reads the key that burner burned, derives the name that burner
 * recorded, registers with that key, answers the station. C11, no allocation, no dependency. */
#ifndef BURNER_IDENTITY_H
#define BURNER_IDENTITY_H

#include "burner_challenge.h"
#include "burner_key_layouts.h"
#include "burner_name.h"
#include "burner_registration.h"

#endif

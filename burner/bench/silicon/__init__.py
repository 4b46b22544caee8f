"""The parts of a chip: registers, eFuses, NOR flash, and the faults they have."""

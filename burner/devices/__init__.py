"""Access to hardware: one unit in a slot, through a worker process that drives esptool."""

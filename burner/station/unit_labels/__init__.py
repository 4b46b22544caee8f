"""Labels of good units printed beside the slots: after the PASS is on record, never twice."""

"""The label that is printed for every good unit: settings, templates, sizes. Pure."""

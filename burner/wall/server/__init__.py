"""Serves the page of the wall view: starlette's routes on uvicorn, with bounds of our own."""

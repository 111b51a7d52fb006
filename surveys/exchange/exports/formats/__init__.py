"""One file per format: frames in, a file and its number of rows out, in constant memory."""

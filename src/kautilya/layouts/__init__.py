"""Published files as they are: recognised by their layout, read, and told what was odd in them."""

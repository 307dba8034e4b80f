"""The way to Amazon: the template of the stack, and what running it costs. The app never imports it."""

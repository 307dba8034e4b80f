"""Networks that people bring: files of other toolchains, and one module a layout of their numbers."""

"""Photos counted on the machines of a Ray cluster, by the same functions as in the app, which never imports this.

`crew` hands photos to workers and gets results back; `jobs` are what a worker does with a photo; `storing` is the one
process that writes the rows.
"""

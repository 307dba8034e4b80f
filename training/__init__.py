"""Makes models/bloom from a data folder (make train); never imported by the app."""

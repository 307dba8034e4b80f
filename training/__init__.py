"""Makes models/bloom-108 from a data folder (make train); never imported by the app."""

"""The only code that names collections and issues commands: one file per aggregate."""

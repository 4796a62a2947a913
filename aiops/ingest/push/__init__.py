"""What is pushed to us: `journal` (outlives kill -9), `inbox` (hand-over), `body` (checks), `listener`, `source`."""

"""Pure translation between MLflow's entities and documents: no client, no clock, no I/O."""

"""MLflow's model registry: one facet per aggregate, assembled in `store`."""

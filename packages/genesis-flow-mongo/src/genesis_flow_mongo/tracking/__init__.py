"""MLflow's tracking store: one facet per aggregate, assembled in `store`."""

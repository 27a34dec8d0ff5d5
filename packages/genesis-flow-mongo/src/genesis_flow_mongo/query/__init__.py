"""Pure translation of MLflow's filters, orders and page tokens into MongoDB queries."""

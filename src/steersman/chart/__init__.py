"""Charts: loading, values, dependencies, schema, rendering to manifests, packaging."""

"""The engine: record batches from Kafka through Faust into shards, their state kept and recovered exactly."""

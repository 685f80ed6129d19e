"""Benchmarks: the product beside its peers, on one topic of one real Apache Kafka. See README.md."""

"""Which of librdkafka's error codes mean what to the reader."""
# ruff: noqa: SLF001  confluent-kafka writes librdkafka's own, client-side codes with a leading underscore

from confluent_kafka import KafkaError

END_OF_PARTITION = KafkaError._PARTITION_EOF
LOG_IS_GONE = frozenset({
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.UNKNOWN_TOPIC_ID,
})  # fmt: skip
"""The log under the position was deleted or cut: what the model holds may be gone as well."""
LOG_IS_CUT = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})
"""Of these, the ones that a deleted head gives."""
NO_BROKER = frozenset({
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._AUTHENTICATION,
    KafkaError._RESOLVE,
    KafkaError._SSL,
})  # fmt: skip
"""Nothing can be read until somebody acts, or the broker comes back."""

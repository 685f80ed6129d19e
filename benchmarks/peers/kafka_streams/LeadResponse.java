// Kafka Streams: one processor, a store of waiting leads and a store of windows, both with changelogs (RocksDB).

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class LeadResponse {
    static final double PER_LOG = 1 / Math.log(1.01 / 0.99);
    static final ObjectMapper JSON = new ObjectMapper();
    static final Path FOLDER = Path.of(System.getenv("BENCH_FOLDER"));
    static boolean marked;

    static void mark() {
        if (marked) {
            return;
        }
        marked = true;
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long ticks = 0;
            for (int i = 11; i < 15; i++) {
                ticks += Long.parseLong(fields[i]);
            }
            double perSecond = Double.parseDouble(System.getenv("BENCH_TICKS"));
            Path part = FOLDER.resolve("mark.part");
            Files.writeString(part, (ticks / perSecond) + " " + (System.currentTimeMillis() / 1000.0));
            Files.move(part, FOLDER.resolve("mark"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    static final class Follow implements Processor<String, byte[], Void, Void> {
        private KeyValueStore<String, String> leads;
        private KeyValueStore<String, byte[]> windows;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            leads = context.getStateStore("leads");
            windows = context.getStateStore("windows");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            mark();
            JsonNode event;
            try {
                event = JSON.readTree(record.value());
            } catch (IOException error) {
                return;
            }
            String who = event.get("subject").asText();
            JsonNode data = event.get("data");
            switch (event.get("type").asText()) {
                case "crm.lead.created.v1" ->
                    leads.putIfAbsent(who, millis(event) + "|" + data.get("channel").asText());
                case "crm.interaction.logged.v1" -> {
                    boolean human = !data.path("automated").asBoolean() && !data.path("internal").asBoolean();
                    if (human && (data.get("direction").asText().equals("out") || data.path("two_way").asBoolean())) {
                        String lead = leads.delete(who);
                        if (lead != null) {
                            answered(lead, millis(event));
                        }
                    }
                }
                case "crm.lead.disqualified.v1", "crm.lead.converted.v1", "crm.relationship.merged.v1" ->
                    leads.delete(who);
                default -> { }
            }
        }

        private void answered(String lead, long at) {
            int bar = lead.indexOf('|');
            long wait = at - Long.parseLong(lead.substring(0, bar));
            String name = lead.substring(bar + 1) + "|" + at / 60_000;
            try {
                byte[] stored = windows.get(name);
                ObjectNode window = stored == null ? JSON.createObjectNode() : (ObjectNode) JSON.readTree(stored);
                window.put("count", window.path("count").asLong() + 1);
                window.put("sum", window.path("sum").asLong() + wait);
                ObjectNode bins = window.withObject("/bins");
                String bin = wait > 0 ? Long.toString((long) Math.ceil(Math.log(wait) * PER_LOG)) : "-1";
                bins.put(bin, bins.path(bin).asLong() + 1);
                windows.put(name, JSON.writeValueAsBytes(window));
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        }

        private static long millis(JsonNode event) {
            return Instant.parse(event.get("time").asText()).toEpochMilli();
        }
    }

    public static void main(String[] arguments) {
        Properties settings = new Properties();
        settings.putAll(Map.of(
            StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"),
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKERS"),
            StreamsConfig.STATE_DIR_CONFIG, FOLDER.resolve("state").toString(),
            StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000,
            StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"));
        Topology topology = new Topology();
        topology.addSource("events", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(),
            System.getenv("BENCH_TOPIC"));
        topology.addProcessor("follow", Follow::new, "events");
        topology.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("leads"),
            Serdes.String(), Serdes.String()).withCachingEnabled(), "follow");
        topology.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("windows"),
            Serdes.String(), Serdes.ByteArray()).withCachingEnabled(), "follow");
        KafkaStreams streams = new KafkaStreams(topology, settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}

# The wheel and its dependencies are built in one stage and only the environment goes into the other.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/crm-pulse
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas ./schemas
COPY stream_app ./stream_app
RUN /opt/crm-pulse/bin/pip install --constraint constraints.txt .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="crm-pulse" \
      org.opencontainers.image.description="CRM events through Kafka and Faust to live KPI gauges" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /var/lib/crm-pulse --create-home pulse
COPY --from=build /opt/crm-pulse /opt/crm-pulse
ENV PATH="/opt/crm-pulse/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/crm-pulse
# 8000 the board, 6066 the worker's own health and metrics
EXPOSE 8000 6066
# The worker ends its batch, commits and leaves the group on SIGTERM.
STOPSIGNAL SIGTERM
# One image, several roles: HEALTH_URL says which one's health is asked for.
ENV HEALTH_URL=http://127.0.0.1:8000/readyz
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
ENTRYPOINT ["crm-pulse"]
CMD ["board"]

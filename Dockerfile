# Stage one installs into /opt/hubbub; stage two is that folder and a user who may write nothing.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv /opt/hubbub
COPY . .
RUN /opt/hubbub/bin/pip install --quiet --constraint constraints.txt ".[demo]" \
    && /opt/hubbub/bin/python -m compileall -q /opt/hubbub/lib

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/hubbub --shell /usr/sbin/nologin hubbub \
    && install -d -o hubbub -g hubbub -m 0700 /var/lib/hubbub
COPY --from=build /opt/hubbub /opt/hubbub
ENV PATH=/opt/hubbub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HUBBUB_DATA_DIR=/var/lib/hubbub
USER hubbub
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["hubbub"]
CMD ["serve"]

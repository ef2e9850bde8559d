# The page, for this machine:  docker build -t kautilya .  then  docker run --rm -p 127.0.0.1:8787:8787 kautilya
# It prints the address with the token that visitors need.
FROM python:3.12-slim
RUN useradd --create-home reader
WORKDIR /opt/kautilya
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src ./src
RUN pip install --no-cache-dir -c constraints.txt '.[web]'
USER reader
EXPOSE 8787
ENTRYPOINT ["kautilya"]
CMD ["serve", "russia_dprk_2024", "--host", "0.0.0.0"]

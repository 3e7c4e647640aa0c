"""Files in an S3 bucket instead of DATA_DIR/media; see S3_BUCKET in docs/operations.md."""

from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.base import File
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):
    """All goes through the site, which asks who may have it: nobody else is let into the bucket."""

    def _open(self, name: str, mode: str = "rb") -> File:
        return Download(self.bucket.Object(self._normalize_name(name)))

    def url(self, name, parameters=None, expire=None, http_method=None) -> str:
        return settings.MEDIA_URL + name


class Download(File):
    """An object of the bucket, fetched as it is read, from where it was sought."""

    def __init__(self, stored):
        super().__init__(None, stored.key)
        self.stored, self.start, self.body = stored, 0, None
        try:
            stored.load()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(stored.key) from error
            raise

    def seek(self, start: int, *_: Any) -> int:
        self.close()
        self.start = start
        return start

    def read(self, size: int = -1) -> bytes:
        if self.start >= self.stored.content_length:
            return b""
        if self.body is None:
            self.body = self.stored.get(Range=f"bytes={self.start}-")["Body"]
        data = self.body.read(None if size < 0 else size)
        self.start += len(data)
        return data

    def close(self) -> None:
        if self.body is not None:
            self.body.close()
            self.body = None

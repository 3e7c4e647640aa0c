import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import limits, markup, uploads
from chat.errors import Empty, NotFound, TooFast, TooLong
from chat.models.room import Room
from chat.queue import later
from chat.uploads import media, readable_size

FFMPEG = media.find(settings.FFMPEG)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user) -> "AttachmentQuerySet":
        """The files of messages that `user` may read, and those of their own not sent yet."""
        rooms = Room.objects.visible_to(user).values("pk")
        readable = Q(message__room__in=rooms) | Q(message=None, author=user.pk)
        return self.filter(readable, quarantined_at=None)

    def unsent(self) -> "AttachmentQuerySet":
        """In no message, in none that is still to be sent, and in none that is held back."""
        return self.filter(message=None, scheduled=None, held=None)

    def claim(self, ids: Sequence[int]) -> "list[Attachment]":
        """Those that are unsent(), locked, in the order of `ids`.

        Within a transaction. Raises NotFound when one of them is gone, sent already, or not whole.
        """
        free = self.unsent().filter(is_whole=True, quarantined_at=None)
        found = free.select_for_update(of=("self",)).in_bulk(ids)
        if len(found) != len(ids):
            raise NotFound(_("A file is not there any more. Attach it again."))
        return [found[id] for id in ids]

    def release(self) -> None:
        """Take them from their messages, sent or to be sent; soon they are gone."""
        with transaction.atomic():
            if ids := list(self.values_list("pk", flat=True)):
                going = {"message": None, "scheduled": None, "held": None, "is_whole": False}
                self.filter(pk__in=ids).update(**going)
                later("discard_files", ids)

    def discard(self) -> None:
        """Delete those that are unsent(), and their bytes where no forwarded copy has them.

        The storage may be slow, and is not waited for with anything locked. Bytes go first: whoever
        is killed in between leaves rows, which the sweep finds, never bytes that nobody knows of.
        """
        with transaction.atomic():
            names = list(self.unsent().values_list("stored", flat=True))
            sharing = Attachment.objects.filter(stored__in=names)
            # In one order, so that of two who let go of the same bytes at once the second sees that
            # it is the last.
            list(sharing.order_by("pk").select_for_update(of=("self",)))
            ids = list(self.unsent().values_list("pk", flat=True))
            going = Attachment.objects.filter(pk__in=ids)
            going.update(is_whole=False)  # nobody sends or copies them any more
            still_used = set(sharing.filter(is_whole=True).values_list("stored", flat=True))
        for attachment in going:
            if attachment.stored not in still_used:
                attachment.delete_bytes()
        going.delete()

    def copies_for(self, author) -> dict[int, Any]:
        """By the id of each of these, a new one of `author` with the same bytes, not sent yet.

        Within a transaction. They count in the author's quota, as they keep the bytes alive. Raises
        TooLong.
        """
        readable = self.filter(is_whole=True, quarantined_at=None).order_by("pk")
        copies = {copy.pk: copy for copy in readable.select_for_update(of=("self",))}
        get_user_model().objects.select_for_update().get(pk=author.pk)
        Attachment.check_quota(author, sum(copy.size for copy in copies.values()))
        for copy in copies.values():
            copy.pk, copy.author, copy.message, copy.created_at = None, author, None, timezone.now()
            copy.save(force_insert=True)
        return copies

    def unsent_for_long(self) -> "AttachmentQuerySet":
        """What was uploaded a while ago and never sent."""
        return self.unsent().filter(created_at__lt=timezone.now() - Attachment.KEPT_UNSENT)

    def expire(self) -> None:
        """Discard what was uploaded and never sent, and what interrupted uploads left behind."""
        old = self.unsent_for_long().values_list("pk", flat=True)
        while ids := list(old[: Attachment.SWEPT_AT_ONCE]):
            Attachment.objects.filter(pk__in=ids).discard()


class Attachment(models.Model):
    """A file that somebody uploaded: first only for themselves, then for who reads its message.

    What is shown of it is on the message itself (`Message.files`), as its HTML is; here is what
    belongs to its bytes: whose they are, where they are, who may have them.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Sound")
        VOICE = "voice", _("Voice note")
        FILE = "file", _("File")

    DESCRIPTION_LENGTH = 1000  # characters
    KEPT_UNSENT = timedelta(days=1)
    SWEPT_AT_ONCE = 50

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments")
    # Null until it is sent, and again when the message is gone, however that came about: then the
    # sweep takes it.
    message = models.ForeignKey(
        "chat.Message", models.SET_NULL, null=True, blank=True, related_name="attachments"
    )
    # Until then it waits in this one.
    scheduled = models.ForeignKey(
        "chat.Scheduled", models.SET_NULL, null=True, blank=True, related_name="attachments"
    )
    # Or until a moderator has seen it.
    held = models.ForeignKey(
        "chat.Held", models.SET_NULL, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(_("name"), max_length=uploads.MAX_NAME_LENGTH)
    kind = models.CharField(max_length=10, choices=Kind)
    # As it is served: one of uploads.INLINE, or uploads.DOWNLOAD.
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField(_("bytes"))
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration = models.FloatField(null=True)  # seconds
    waveform = models.CharField(max_length=64, blank=True)
    # What is to be seen on a picture, in its author's words, for who does not see it.
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    # Names in the storage; random, so that an address says nothing and collides with nothing. Who
    # forwards a file has a row of their own with the same names.
    stored = models.CharField(max_length=100, editable=False, db_index=True)
    thumbnail = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Neither while its bytes are being stored nor while they are being deleted.
    is_whole = models.BooleanField(default=False, editable=False)
    # Its message was removed by a moderator: nobody gets it, until that is taken back.
    quarantined_at = models.DateTimeField(_("in quarantine"), null=True, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index("created_at", condition=Q(message=None), name="files_not_sent"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def receive(cls, room: Room, author, file, *, waveform: str = "") -> "Attachment":
        """Take in an uploaded `file`, to be sent to `room`; until then it is the author's own.

        Raises as Room.post() does, NotFound for who is no member, TooLong for what is too large by
        itself or for the author's quota, or TooFast where too many videos are being taken in.
        """
        room.require_writable_by(author, room.membership_or_error(author))
        limits.spend("upload", author.pk)
        cls._check_size(file.size)
        path = Path(file.temporary_file_path())
        return cls._take_in(author, path, file.name, waveform=waveform)

    @classmethod
    def carry_in(cls, author, file: IO[bytes], name: str, *, waveform="", description=""):
        """Take in a `file` that `author` sent elsewhere; for Origin, which puts it into a message.

        Their quota does not hold it up. Raises Empty, or TooLong for what is too large by itself.
        """
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            path = Path(folder) / "carried"
            with path.open("wb") as target:
                left = settings.MAX_FILE_BYTES + 1
                while chunk := file.read(min(left, File.DEFAULT_CHUNK_SIZE)):
                    left -= target.write(chunk)
            cls._check_size(path.stat().st_size)
            description = cls._readable(description)
            about = {"waveform": waveform, "description": description, "within_quota": False}
            return cls._take_in(author, path, name, **about)

    @classmethod
    def _take_in(
        cls, author, path: Path, name: str, *, waveform="", description="", within_quota=True
    ) -> "Attachment":
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch:
            try:
                upload = uploads.examine(
                    path, name, Path(scratch), waveform=waveform, ffmpeg=FFMPEG
                )
            except media.Busy as error:
                raise TooFast(_("Many videos come in just now. Try again in a minute.")) from error
            attachment = cls._reserve(author, upload, description, within_quota)
            try:
                attachment._store(upload)
                attachment.is_whole = True
                attachment.save(update_fields=["is_whole"])
            except BaseException:
                cls.objects.filter(pk=attachment.pk).discard()
                raise
        return attachment

    @classmethod
    def _check_size(cls, size: int) -> None:
        if not size:
            raise Empty(_("This file is empty."))
        if size > settings.MAX_FILE_BYTES:
            raise TooLong(
                _("A file may have at most %(limit)s; this one has %(size)s.")
                % {
                    "limit": readable_size(settings.MAX_FILE_BYTES),
                    "size": readable_size(size),
                }
            )

    @classmethod
    def _reserve(
        cls, author, upload: uploads.Upload, description: str, within_quota: bool
    ) -> "Attachment":
        """The row, before the bytes are stored. The quota holds also for uploads side by side."""
        token = secrets.token_urlsafe(16)
        with transaction.atomic():
            if within_quota:
                get_user_model().objects.select_for_update().get(pk=author.pk)
                cls.check_quota(author, upload.size)
            return cls.objects.create(
                author=author,
                name=upload.name,
                kind=upload.kind,
                content_type=upload.type,
                size=upload.size,
                width=upload.width,
                height=upload.height,
                duration=upload.duration,
                waveform=upload.waveform,
                description=description,
                stored=f"files/{token}",
                thumbnail=f"files/{token}.webp" if upload.thumbnail else "",
            )

    @classmethod
    def check_quota(cls, author, size: int) -> None:
        """Raises TooLong where `size` more bytes are too many."""
        quota = settings.GUEST_QUOTA_BYTES if author.is_guest else settings.QUOTA_BYTES
        used = author.attachments.aggregate(sum=Sum("size"))["sum"] or 0
        if used + size > quota:
            raise TooLong(
                _(
                    "Your files may take up %(quota)s; %(used)s are used. Delete messages with "
                    "files that nobody needs any more."
                )
                % {"quota": readable_size(quota), "used": readable_size(used)}
            )

    def _store(self, upload: uploads.Upload) -> None:
        with upload.path.open("rb") as file:
            default_storage.save(self.stored, File(file))
        if upload.thumbnail:
            default_storage.save(self.thumbnail, ContentFile(upload.thumbnail))

    def delete_bytes(self) -> None:
        for name in filter(None, (self.stored, self.thumbnail)):
            default_storage.delete(name)

    def describe(self, by, description: str) -> None:
        """Say what is to be seen on this picture of one's own, sent or not; '' says nothing again.

        Raises TooLong, and as Message.edit() does where it was sent.
        """
        self.description = self._readable(description)
        limits.spend("edit", by.pk)
        # In one step with looking whether it was sent: it may be sent in this moment.
        # What is held back stays as a moderator sees it.
        unsent = Attachment.objects.filter(pk=self.pk, message=None, held=None, is_whole=True)
        if unsent.update(description=self.description):
            return
        self.refresh_from_db(fields=["message"])
        if self.message is None:
            raise NotFound
        self.message.describe(by, self)

    @classmethod
    def _readable(cls, description: str) -> str:
        """It as it will be kept, in one line."""
        text = " ".join(markup.clean(description).split())
        if len(text) > cls.DESCRIPTION_LENGTH:
            raise TooLong(
                _("A description has at most %(limit)d characters; this one has %(length)d.")
                % {"limit": cls.DESCRIPTION_LENGTH, "length": len(text)}
            )
        return text

    def about(self) -> dict:
        """What a message keeps to show it: see Message.files."""
        fields = ("name", "kind", "size", "width", "height", "duration", "waveform", "description")
        about = {field: getattr(self, field) for field in fields}
        about |= {"id": self.pk, "type": self.content_type, "thumbnail": bool(self.thumbnail)}
        return {key: value for key, value in about.items() if value not in (None, "", False)}


def sweep() -> None:
    """Free what nobody will send any more, and what a killed process left half taken in."""
    Attachment.objects.expire()
    left_behind = time.time() - Attachment.KEPT_UNSENT.total_seconds()
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        with suppress(FileNotFoundError):  # another process sweeps too
            if path.stat().st_mtime < left_behind:
                rmtree(path) if path.is_dir() else path.unlink()

from django.contrib.sessions.backends import db
from django.utils import timezone


class SessionStore(db.SessionStore):
    """Django's sessions in the database.

    Every page reads one. Hence in SQL: the ORM takes longer to write the query than the database
    to answer it.
    """

    def __init__(self, session_key: str | None = None):
        # A cookie may hold anything, and PostgreSQL refuses to look for a NUL.
        super().__init__(session_key if session_key and session_key.isalnum() else None)

    def load(self) -> dict:
        query = "SELECT * FROM django_session WHERE session_key = %s AND expire_date > %s"
        for session in self.model.objects.raw(query, [self.session_key, timezone.now()]):
            return self.decode(session.session_data)
        self._session_key = None
        return {}

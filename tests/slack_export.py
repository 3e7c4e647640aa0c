"""Exports of Slack as it writes them: a small workspace, and what is made to harm."""

import json
import zipfile
from pathlib import Path

from tests import files

TEAM = "T0TEA"
PHOTO, NOTES, GONE = "F0PHOTO01", "F0NOTES02", "F0GONE003"


def person(slack_id: str, name: str, real_name: str, **more) -> dict:
    profile = {"real_name": real_name, "display_name": more.pop("display_name", "")}
    profile |= {"email": f"{name}@example.com", "image_72": "https://avatars.example/72.png"}
    return {
        "id": slack_id,
        "team_id": TEAM,
        "name": name,
        "real_name": real_name,
        "deleted": False,
        "is_bot": False,
        "profile": profile,
    } | more


def channel(slack_id: str, name: str, topic="", purpose="", **more) -> dict:
    about = {"topic": {"value": topic, "creator": "U01"}, "purpose": {"value": purpose}}
    base = {"id": slack_id, "name": name, "created": 1700000000, "creator": "U01"}
    return base | {"is_archived": False, "members": ["U01", "U02", "U03"]} | about | more


def said(ts: str, user: str, text: str, **more) -> dict:
    return {"type": "message", "user": user, "text": text, "ts": ts, "team": TEAM} | more


PEOPLE = [
    person("U01", "ada", "Ada Byron", display_name="Ada"),
    person("U02", "xiaoming", "王小明", display_name="小明"),
    person("U03", "grace", "Grace Hopper"),
    person("U04", "olga", "Olga Old", deleted=True),
    person("U05", "adabot", "Ada", display_name="Ada", is_bot=True),
]
CHANNELS = [
    channel("C01", "general", "Tea &amp; talk", "For <@U01> and everybody", pins=[
        {"id": "1700000100.000200", "type": "C", "created": 1700000500, "user": "U01"}
    ]),
    channel("C02", "茶馆", "喝茶聊天"),
    channel("C03", "old-days", is_archived=True),
]  # fmt: skip
GENERAL = {
    "2023-11-14": [
        said("1700000000.000100", "U01", "<@U01> has joined the channel", subtype="channel_join"),
        said(
            "1700000100.000200",
            "U01",
            "*Welcome* <@U02>, see <https://example.com/a?b=1&amp;c=2|the _plan_> in <#C02|茶馆> "
            ":wave::skin-tone-3:\n• tea\n• talk",
            reactions=[
                {"name": "+1", "users": ["U02", "U03"], "count": 2},
                {"name": "heart", "users": ["U03"], "count": 12},
                {"name": "our-logo", "users": ["U03"], "count": 1},
            ],
            thread_ts="1700000100.000200",
            reply_count=2,
        ),
        said(
            "1700000200.000300",
            "U02",
            "好的，*没问题*！&gt; 1 &lt; 2",
            thread_ts="1700000100.000200",
            parent_user_id="U01",
            edited={"user": "U02", "ts": "1700000210.000000"},
        ),
        said(
            "1700000250.000000",
            "U04",
            "me too",
            subtype="thread_broadcast",
            thread_ts="1700000100.000200",
        ),
        said("1700000300.000000", "U03", "The photo", files=[
            {"id": PHOTO, "name": "boat.png", "mode": "hosted", "url_private": "https://files/x"}
        ]),
        said("1700000310.000000", "U03", "", files=[
            {"id": GONE, "name": "plan_of_all.pdf", "mode": "hosted", "url_private": "https://x"},
            {"id": "F0TOMB", "mode": "tombstone"},
        ]),
    ],
    "2023-11-15": [
        said("1700090000.000000", "U03", "late answer", thread_ts="1700000100.000200"),
        {"type": "message", "subtype": "bot_message", "bot_id": "B09", "username": "Deploy",
         "text": "", "ts": "1700090100.000000", "attachments": [
             {"title": "Build 7", "title_link": "https://ci.example/7", "text": "passed"}]},
        said("1700090200.000000", "U01", "https://example.org", attachments=[
            {"from_url": "https://example.org", "title": "Example", "fallback": "Example"}]),
        {"type": "message", "user": "U02", "ts": "1700090300.000000", "text": "", "blocks": [
            {"type": "rich_text", "elements": [
                {"type": "rich_text_section", "elements": [
                    {"type": "text", "text": "From "},
                    {"type": "text", "text": "blocks", "style": {"bold": True}},
                    {"type": "emoji", "name": "tea"}]},
                {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "two"}]}]}
            ]}]},
        said("1700090400.000000", "USLACKBOT", "This message was deleted.", subtype="tombstone",
             thread_ts="1700090400.000000"),
        said("1700090500.000000", "U02", "what was that?", thread_ts="1700090400.000000"),
    ],
}  # fmt: skip


def sample() -> dict[str, object]:
    """The entries of an export by their names: three channels, five people."""
    entries: dict[str, object] = {
        "users.json": PEOPLE,
        "channels.json": CHANNELS,
        "groups.json": [channel("G01", "board", is_private=True, members=["U01"])],
        "dms.json": [{"id": "D01", "members": ["U01", "U02"]}],
        "integration_logs.json": [],
        "board/2023-11-14.json": [said("1700000000.000100", "U01", "secret")],
        "茶馆/2023-11-14.json": [
            said("1700000000.000100", "U02", "昨天的茶不错。```喝茶 <https://t.cn>\n* 2```"),
            said("1700000001.000100", "U01", "`a_b` and 2*3*4, _真的_"),
        ],
        "old-days/2023-11-14.json": [said("1700000000.000100", "U04", "bye")],
        f"general/attachments/{PHOTO}-boat.png": files.picture(),
    }
    return entries | {f"general/{day}.json": messages for day, messages in GENERAL.items()}


def packed(path: Path, entries: dict[str, object]) -> Path:
    """The zip archive of these; what is neither bytes nor text is written as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            is_raw = isinstance(content, (bytes, str))
            archive.writestr(name, content if is_raw else json.dumps(content))
    return path


def of_one_channel(*messages, **more) -> dict[str, object]:
    """An export with nothing but that said in #general, in which `more` replaces lists."""
    entries = {"users.json": PEOPLE, "channels.json": CHANNELS[:1]}
    entries["general/2023-11-14.json"] = list(messages)
    return entries | {name.replace("_json", ".json"): content for name, content in more.items()}

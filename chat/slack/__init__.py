"""A Slack export -> people, rooms and messages as this site knows them.

    export: the archive, read with distrust -> records: what Slack writes in it
        -> mrkdwn, blocks, emoji: Slack's text in the site's Markdown
        -> reading: a channel, message by message -> report: what was left behind
    moving: all of that into the site, by the verbs for what comes from elsewhere

The network is never asked: what is not in the archive is counted and left behind.
"""

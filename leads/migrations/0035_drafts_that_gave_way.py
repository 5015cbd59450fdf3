from django.db import migrations

# What reviewers of open drafts have seen of the thread: all that the run had read.
SEEN = """
UPDATE leads_draft AS draft SET thread_head = step.result -> 'messages' -> -1 ->> 'id'
FROM leads_steprun AS step
WHERE step.run_id = draft.run_id AND step.name = 'load_thread' AND draft.status IN ('ready', 'approved')
  AND step.result -> 'messages' -> -1 ->> 'id' IS NOT NULL
"""
GAVE_WAY = """
UPDATE leads_draft SET status = 'superseded', rejected_because = ''
WHERE status = 'rejected' AND rejected_because = 'started again'
"""
BACK = "UPDATE leads_draft SET status = 'rejected', rejected_because = 'started again' WHERE status = 'superseded'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0034_a_draft_that_is_sent")]
    operations = [migrations.RunSQL(SEEN, migrations.RunSQL.noop), migrations.RunSQL(GAVE_WAY, BACK)]

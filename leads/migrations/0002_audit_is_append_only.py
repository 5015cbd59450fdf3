"""The audit can't be updated, deleted or truncated, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION leads_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only: % of leads_event is refused', lower(TG_OP)
    USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON leads_event
  FOR EACH ROW EXECUTE FUNCTION leads_event_is_append_only();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON leads_event
  FOR EACH STATEMENT EXECUTE FUNCTION leads_event_is_append_only();
"""
BACKWARD = """
DROP TRIGGER event_no_truncate ON leads_event;
DROP TRIGGER event_no_change ON leads_event;
DROP FUNCTION leads_event_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

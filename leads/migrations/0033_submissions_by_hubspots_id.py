from django.db import migrations


def name_anew(apps, schema_editor):
    """By what submissions of version 0.1.0 are known again: its keys held the portal too."""
    # Keys are made of what was sent, which only its reader tells apart.
    from leads.payloads import Arrived, Unparseable, parse

    Delivery, Submission = apps.get_model("leads", "Delivery"), apps.get_model("leads", "Submission")
    forms = Submission.objects.filter(source__in=["form", "workflow"], delivery__isnull=False)
    deliveries = Delivery.objects.filter(pk__in=forms.values("delivery"))
    for delivery in deliveries.only("body", "received_at", "items").iterator(chunk_size=100):
        try:
            arrivals = parse(bytes(delivery.body), delivery.received_at)
        except Unparseable:
            continue
        for arrival, item in zip(arrivals, delivery.items, strict=False):
            if not isinstance(arrival, Arrived) or not item.get("run"):
                continue
            known = forms.filter(runs=item["run"]).exclude(dedupe_key=arrival.dedupe_key).first()
            taken = Submission.objects.filter(dedupe_key=arrival.dedupe_key)
            if known is not None and not taken.filter(workspace=known.workspace_id).exists():
                Submission.objects.filter(pk=known.pk).update(dedupe_key=arrival.dedupe_key)


class Migration(migrations.Migration):
    dependencies = [("leads", "0032_a_model_that_writes")]
    operations = [migrations.RunPython(name_anew, migrations.RunPython.noop)]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0039_drafts_that_came_back"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="workflowrun",
            options={
                "permissions": [
                    ("retry_run", "Can retry a run"),
                    ("restart_run", "Can start a run again"),
                    ("cancel_run", "Can cancel a run"),
                    ("release_run", "Can release what DRAFT_ONLY withheld"),
                    ("override_run", "Can have a draft written for a lead that was screened out"),
                ],
                "verbose_name": "run",
            },
        ),
        migrations.AddField(
            model_name="workflowrun",
            name="released_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When somebody let go what DRAFT_ONLY had withheld; `leads/releasing.py`.",
                null=True,
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0024_checkups'),
    ]

    operations = [
        migrations.AddField(
            model_name='answer',
            name='language',
            field=models.CharField(default='en', help_text='ISO 639-1.', max_length=2),
        ),
        migrations.RemoveConstraint(model_name='answer', name='answer_once_per_intent'),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.UniqueConstraint(fields=('workspace', 'intent', 'language'), name='answer_once_per_language'),
        ),
    ]

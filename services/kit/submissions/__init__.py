"""What every submission of an employer goes through, whatever the business: signature, approval, note, evidence.

A method with the option `submits` in its proto gets all of it (docs/submissions.md): `canonical` is what is signed,
`submission` the submission under way, `submitting` the way of one call, `approving` what a second person does with
what waits, `evidence` what is kept. No business knows of any of this.
"""

"""What `client.usbkey` is made of: its errors, and the operations inside one PKCS#11 session."""

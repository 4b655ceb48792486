<?php header('Location: /session.php', true, 307);

<?php
// Counts the visits of one browser, and says what it was sent.
session_save_path($_SERVER['DOCUMENT_ROOT'] . '/sessions');
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
setcookie('seen', 'yes', ['httponly' => true]);
header('X-Script: ' . $_SERVER['SCRIPT_NAME']);
echo "visit {$_SESSION['visits']}\n";
echo 'name ' . ($_POST['name'] ?? '-') . "\n";
echo 'query ' . ($_GET['q'] ?? '-') . "\n";
echo 'info ' . ($_SERVER['PATH_INFO'] ?? '-') . "\n";
if (isset($_FILES['file'])) {
    $file = $_FILES['file'];
    echo "file {$file['name']} {$file['error']} {$file['size']} " . md5_file($file['tmp_name']) . "\n";
}
